import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const server = `http://127.0.0.1:${process.env['PORT'] ?? '3000'}`

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), withoutSchemas(), earlyScript(), shellList(), precompress()],
  build: {
    target: 'es2024',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    manifest: 'build-manifest.json',
    rolldownOptions: {
      input: {
        main: join(import.meta.dirname, 'index.html'),
        early: join(import.meta.dirname, 'src/early.ts'),
        'service-worker': join(import.meta.dirname, 'src/service-worker.ts'),
      },
      output: {
        entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  // A browser at this port is of the same origin as the API for the server, too: the proxy keeps the Host header.
  server: {
    port: 5173,
    strictPort: true,
    proxy: { '/api': { target: server }, '/health': { target: server }, '/socket.io': { target: server, ws: true } },
  },
})

/**
 * The client sends by the contract and leaves checking to the server: in the browser its schemas, which take long to make,
 * are empty objects.
 */
function withoutSchemas(): Plugin {
  const id = '\0no-schemas'
  return {
    name: 'without-schemas',
    apply: 'build',
    enforce: 'pre',
    resolveId: (source) => (source === 'typebox' ? id : undefined),
    load: (source) =>
      source === id ? 'const make = () => ({})\nexport const Type = new Proxy({}, { get: () => make })' : undefined,
  }
}

/** Has the page load the style first, since nothing shows without it, and the early script before the rest of the app. */
function earlyScript(): Plugin {
  return {
    name: 'early-script',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle = {} }) => {
        const early = Object.values(bundle).find((part) => part.type === 'chunk' && part.name === 'early')
        const [style] = /<link rel="stylesheet"[^>]*>/.exec(html) ?? []
        if (!early || !style) throw new Error('The page lacks its early script or its style')
        const script = `<script type="module" async crossorigin src="/${early.fileName}"></script>`
        return html.replace(style, '').replace('<script', `${style}\n    ${script}\n    <script`)
      },
    },
  }
}

/** Tells the service worker what the shell consists of. */
function shellList(): Plugin {
  return {
    name: 'shell-list',
    apply: 'build',
    generateBundle(_, bundle) {
      const worker = bundle['service-worker.js']
      if (worker?.type !== 'chunk') return
      const assets = Object.keys(bundle).filter((name) => name.startsWith('assets/'))
      worker.code = worker.code.replace(/(["'`])__SHELL__\1/, JSON.stringify(assets.sort().map((name) => `/${name}`)))
    },
  }
}

/** Writes `.br` and `.gz` beside every text, so that the server never compresses. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir = '' }) {
      const names = await readdir(dir, { recursive: true })
      const texts = names.filter((name) => /\.(js|css|html|svg|webmanifest)$/.test(name))
      await Promise.all(texts.map((name) => compress(join(dir, name))))
    },
  }
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file)
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }))
  await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }))
}
