import packageJson from '../package.json' with { type: 'json' }

/** The version of this program, as `/health` and the start line tell it. */
export const version: string = packageJson.version
