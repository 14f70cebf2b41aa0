import js from "@eslint/js";
import lit from "eslint-plugin-lit";
import tseslint from "typescript-eslint";

/** Lowest first: a folder imports nothing from the folders after it. */
const LAYERS = ["core", "drawing", "media", "app", "ui", "editor", "pages"];

const layer = (name, at) => ({
  files: [`src/${name}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: LAYERS.slice(at + 1).map((above) => ({ group: [`**/${above}/**`], message: `${name}/ is below ${above}/.` })) },
    ],
  },
});

export default tseslint.config(
  { ignores: ["node_modules/", "dist/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked, lit.configs["flat/recommended"]],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Labels often contain numbers.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines": ["error", { max: 260, skipBlankLines: true, skipComments: true }],
    },
  },
  ...LAYERS.slice(0, -1).map(layer),
);
