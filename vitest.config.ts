import { defineConfig } from 'vitest/config'

/** What takes long, since it starts many programs, breaks what they stand on or fills large stores: `npm run test:long`. */
const long = [
  'server/src/cli/{commands,operator-commands,start}.test.ts',
  'server/src/database/upgrade.test.ts',
  'server/test/{account-mails,deaf-client,fuzz,garbage,image,limits,nodes,operations,overload,postgres-faults,redis-faults,retention-load,walls}.test.ts',
  'server/test/dashboard/day-edges.test.ts',
  'server/test/authorization/mass-assignment.test.ts',
  'web/test/{account-settings,conflicts,keyboard,live,looks,many,two-factor,undo}.test.ts',
]
const isLong = process.env['TEST_LONG'] === 'on'

export default defineConfig({
  test: {
    include: isLong ? long : ['{api,server,web}/**/*.test.ts'],
    exclude: isLong ? [] : [...long, '**/node_modules/**'],
    maxWorkers: 2,
    globalSetup: ['server/test/postgres.ts', 'server/test/sqlite-template.ts', 'web/test/build-site.ts'],
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
  },
})
