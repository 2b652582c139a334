import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** cli → local, webhook, controller → certs, shared. An area may import only from the areas listed for it. */
const areas = {
  shared: [],
  certs: ['shared'],
  webhook: ['certs', 'shared'],
  controller: ['certs', 'shared'],
  local: ['certs', 'shared'],
};
const everyArea = ['cli', 'local', 'webhook', 'controller', 'certs', 'shared', 'image', 'test', 'bench'];

const importDirection = Object.entries(areas).map(([area, allowed]) => ({
  files: [`${area}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${everyArea.filter((a) => a !== area && !allowed.includes(a)).join('|')})/`,
            message: `${area}/ may import only from: ${[area, ...allowed].join(', ')} (docs/architecture.md).`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['node_modules', 'dist', '.peers', 'coverage', 'helm', '**/*.cjs', 'local/viewer/page'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.mjs'] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' }],
      'max-lines': ['error', { max: 400 }],
      complexity: ['error', 20],
      'max-depth': ['error', 4],
    },
  },
  ...importDirection,
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'fast-check', message: 'Use test/support/property.ts: its seed is fixed.' }] },
      ],
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['*.mjs'], ...tseslint.configs.disableTypeChecked },
  { files: ['*.mjs'], rules: { 'no-restricted-syntax': 'off' } },
);
