import { defineConfig } from 'vitest/config';

// What measures time or memory runs by itself, after everything else.
const alone = ['tests/process/**/*.test.ts', 'tests/memory/**/*.test.ts', 'tests/types/budget.test.ts'];

// Tests import the TypeScript sources (../../lib/index.js resolves to index.ts); worker and process tests use dist/.
export default defineConfig({
  test: {
    pool: 'forks', // a native crash takes one file's process, and is reported as such
    execArgv: ['--expose-gc'],
    testTimeout: 180_000, // SwiftShader computes the large cases on few cores
    hookTimeout: 60_000,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'build/test-results.json' }]]
      : ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['tests/**/*.test.ts'],
          exclude: alone,
          sequence: { groupOrder: 0 },
          typecheck: {
            enabled: true,
            checker: 'tsc',
            include: ['tests/types/**/*.test-d.ts'],
            tsconfig: 'tsconfig.json',
            ignoreSourceErrors: true, // `npm run check` reports type errors outside the type tests
          },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone, sequence: { groupOrder: 1 }, maxWorkers: 1 },
      },
    ],
  },
});
