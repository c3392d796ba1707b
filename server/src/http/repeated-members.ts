interface Level {
  /** Undefined in an array. */
  readonly names: Set<string> | undefined
  /** The member or element that is being read. */
  at: string | number
}

/** Strings, and what opens, ends and separates: all of JSON that tells where a value is. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\],]/g

/** The JSON Pointer of the first member that an object of the text has twice, if any. The text must be JSON. */
export function findRepeatedMember(json: string): string | undefined {
  const levels: Level[] = []
  for (const [token, colon] of json.matchAll(tokens)) {
    const level = levels.at(-1)
    if (token === '{' || token === '[') levels.push({ names: token === '{' ? new Set() : undefined, at: 0 })
    else if (token === '}' || token === ']') levels.pop()
    else if (token === ',' && typeof level?.at === 'number') level.at += 1
    else if (colon !== undefined && level?.names) {
      level.at = readName(token.slice(0, -colon.length))
      if (level.names.has(level.at)) return levels.map(({ at }) => `/${escape(String(at))}`).join('')
      level.names.add(level.at)
    }
  }
  return undefined
}

function readName(text: string): string {
  return text.includes('\\') ? String(JSON.parse(text)) : text.slice(1, -1)
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
