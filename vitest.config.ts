import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{api,server,web}/**/*.test.ts'],
    maxWorkers: 2,
    globalSetup: ['server/test/postgres.ts', 'web/test/build-site.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
