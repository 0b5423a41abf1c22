import { defineConfig } from 'vitest/config';

// Tests import the TypeScript sources (../../lib/index.js resolves to index.ts); worker and process tests use dist/.
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    pool: 'forks', // a native crash takes one file's process, and is reported as such
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    typecheck: {
      enabled: true,
      checker: 'tsc',
      include: ['tests/types/**/*.test-d.ts'],
      tsconfig: 'tsconfig.json',
      ignoreSourceErrors: true, // `npm run check` reports type errors outside the type tests
    },
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'build/test-results.json' }]]
      : ['default'],
  },
});
