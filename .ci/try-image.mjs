// Follows the Dockerfile step by step in a clean folder, for machines without Docker: only what it copies, production
// packages only, the program's folder read-only, and one request served. Prints how long it took.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const begun = performance.now()
const project = join(import.meta.dirname, '..')
const root = mkdtempSync(join(tmpdir(), 'taskwell-image-'))
const text = readFileSync(join(project, 'Dockerfile'), 'utf8')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
const stages = new Map()
let stage

for (const [, word, rest] of text.matchAll(/^([A-Z]+) +(.*)$/gm)) {
  if (word === 'FROM') {
    const name = / AS (\S+)/i.exec(rest)?.[1] ?? 'last'
    stage = { folder: join(root, name), at: '/', env: {}, command: [] }
    stages.set(name, stage)
  } else if (word === 'WORKDIR') {
    stage.at = rest.trim()
    mkdirSync(inStage(stage, '.'), { recursive: true })
  } else if (word === 'ENV') {
    for (const [, name, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[name] = value
  } else if (word === 'COPY') copy(rest.trim().split(/\s+/))
  else if (word === 'RUN') run(rest)
  else if (word === 'CMD') stage.command = JSON.parse(rest)
}

try {
  await serve(stage)
  console.log(`The image's steps work: ${Math.round((performance.now() - begun) / 1000)} s`)
} finally {
  rmSync(root, { recursive: true, force: true })
}

function inStage({ folder, at }, path) {
  return path.startsWith('/') ? join(folder, path) : join(folder, at, path)
}

function copy(words) {
  const from = words[0].startsWith('--from=') ? stages.get(words.shift().slice('--from='.length)) : undefined
  const target = words.pop()
  for (const word of words) {
    const source = from ? inStage(from, word) : join(project, word)
    const isFile = target.endsWith('/') && !word.endsWith('/') && words.length >= 1 && /\.[a-z]+$/.test(word)
    const place = isFile ? inStage(stage, join(target, word.split('/').at(-1))) : inStage(stage, target)
    mkdirSync(dirname(place), { recursive: true })
    cpSync(source, place, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.test.ts') })
  }
}

function run(command) {
  // The folder for data is the caller's here; users and other places of the image are not to be had.
  const local = command.replaceAll(/-[og] \w+/g, '').replaceAll(/(?<= )\/(?=\w)/g, `${stage.folder}/`)
  execFileSync('sh', ['-ec', local], { cwd: inStage(stage, '.'), stdio: 'inherit' })
}

async function serve(last) {
  // oxlint-disable-next-line node/no-process-env -- the server gets nothing else of ours
  const { PATH, HOME } = process.env
  const settings = { ...last.env, HOST: '127.0.0.1', PORT: '0', DATA_DIR: join(root, 'data') }
  execFileSync('chmod', ['-R', 'a-w', inStage(last, '/app')])
  const [program, ...args] = last.command
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: inStage(last, '.'),
    env: { PATH, HOME, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    let output = ''
    for await (const part of child.stdout) {
      output += part
      const url = /ready: (\S+)/.exec(output)?.[1]
      if (url === undefined) continue
      for (const path of ['/health/ready', '/', '/api/docs', '/api/openapi.json']) {
        const { status } = await fetch(url + path)
        if (status !== 200) throw new Error(`${path} answered ${status}`)
      }
      break
    }
    if (!output.includes('ready: ')) throw new Error('The server did not start')
    child.kill('SIGTERM')
    if ((await ended) !== 0) throw new Error('The server did not stop in order')
  } finally {
    child.kill('SIGKILL')
    execFileSync('chmod', ['-R', 'u+w', root])
  }
}
