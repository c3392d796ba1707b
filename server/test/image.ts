import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, matchesGlob, relative } from 'node:path'

const project = join(import.meta.dirname, '../..')

/** What a stage of the Dockerfile has come to. */
export interface Stage {
  /** Stands for `/`. */
  readonly folder: string
  workdir: string
  readonly settings: Record<string, string>
  command: string[]
  healthCheck: string[]
  stopSignal: NodeJS.Signals
}

/**
 * Follows the Dockerfile in a folder of this machine, for want of Docker: each stage has a folder that stands for its
 * root, what is copied must have passed `.dockerignore`, commands run as they stand. Users and base images are this
 * machine's. Answers the last stage.
 */
export function buildImage(folder: string): Stage {
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  for (const [word, rest] of readSteps()) {
    if (word === 'FROM') {
      const name = / AS (\S+)/.exec(rest)?.[1] ?? 'last'
      const root = join(folder, name)
      stage = { folder: root, workdir: '/', settings: {}, command: [], healthCheck: [], stopSignal: 'SIGTERM' }
      stages.set(name, stage)
    }
    if (stage) step(stage, stages, word, rest)
  }
  if (stage === undefined) throw new Error('The Dockerfile has no stage')
  return stage
}

function readSteps(): [word: string, rest: string][] {
  const text = readFileSync(join(project, 'Dockerfile'), 'utf8')
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
  return [...text.matchAll(/^([A-Z]+) +(.*)$/gm)].map(([, word = '', rest = '']) => [word, rest.trim()])
}

function step(stage: Stage, stages: ReadonlyMap<string, Stage>, word: string, rest: string): void {
  if (word === 'WORKDIR') {
    stage.workdir = rest
    mkdirSync(pathIn(stage, '.'), { recursive: true })
  } else if (word === 'ENV') {
    for (const [, name = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) stage.settings[name] = value
  } else if (word === 'COPY') copy(stage, stages, rest.split(/\s+/))
  else if (word === 'RUN') run(stage, rest)
  else if (word === 'CMD') stage.command = JSON.parse(rest)
  else if (word === 'HEALTHCHECK') stage.healthCheck = JSON.parse(rest.slice(rest.indexOf('[')))
  else if (word === 'STOPSIGNAL') stage.stopSignal = rest as NodeJS.Signals
}

/** Where a path of the stage is on this machine. */
export function pathIn({ folder, workdir }: Stage, path: string): string {
  return path.startsWith('/') ? join(folder, path) : join(folder, workdir, path)
}

function copy(stage: Stage, stages: ReadonlyMap<string, Stage>, words: string[]): void {
  const [, name] = /^--from=(.*)$/.exec(words[0] ?? '') ?? []
  const target = words.at(-1) ?? ''
  for (const word of words.slice(name === undefined ? 0 : 1, -1)) {
    const place = pathIn(stage, target)
    if (name !== undefined) {
      cpSync(pathIn(stages.get(name) ?? stage, word), place, { recursive: true, verbatimSymlinks: true })
      continue
    }
    const source = join(project, word)
    const isFile = statSync(source).isFile()
    const files = isFile
      ? [word]
      : globSync('**', { cwd: source, exclude: ['**/node_modules'] }).map((file) => join(word, file))
    for (const file of files.filter((file) => statSync(join(project, file)).isFile() && isInContext(file))) {
      const at = isFile
        ? join(place, target.endsWith('/') ? (file.split('/').at(-1) ?? '') : '')
        : join(place, relative(word, file))
      mkdirSync(dirname(at), { recursive: true })
      cpSync(join(project, file), at)
    }
  }
}

/** The last line of `.dockerignore` that fits decides. */
function isInContext(file: string): boolean {
  const lines = readFileSync(join(project, '.dockerignore'), 'utf8').split('\n')
  const fits = (pattern: string): boolean => matchesGlob(file, pattern) || matchesGlob(file, `${pattern}/**`)
  const last = lines.findLast((line) => line !== '' && fits(line.replace(/^!/, '')))
  return last === undefined || last.startsWith('!')
}

function run(stage: Stage, command: string): void {
  // The owner is whoever runs the test.
  const local = command.replaceAll(/-[og] \w+/g, '').replaceAll(/(?<= )\/(?=\w)/g, `${stage.folder}/`)
  // Nothing that npm or vitest says of this run may reach another npm.
  const { PATH, HOME } = process.env
  const options = { cwd: pathIn(stage, '.'), env: { PATH, HOME, ...stage.settings } }
  execFileSync('sh', ['-ec', local], { ...options, stdio: ['ignore', 'ignore', 'inherit'] })
}
