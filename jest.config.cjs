/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  // TypeScript wants the ending where a module is loaded when first needed.
  moduleNameMapper: { '^(\\./mongodb/capture)\\.js$': '$1' },
  testTimeout: 60_000,
  maxWorkers: 2,
};
