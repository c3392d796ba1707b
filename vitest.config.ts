import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{api,server,web}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
