// Bundles what runs in a browser: each src/web/pages/<name>.tsx into dist/web/<name>.js and <name>.css.
import { readFileSync, readdirSync } from 'node:fs';
import { build } from 'esbuild';

const pages = 'src/web/pages';
await build({
  entryPoints: readdirSync(pages)
    .filter((file) => file.endsWith('.tsx'))
    .map((file) => `${pages}/${file}`),
  outdir: 'dist/web',
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022'],
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  banner: {
    js: '/* Contains Preact (c) 2015-present Jason Miller and uPlot (c) 2022 Leon Sorokin, both under the MIT License: https://opensource.org/license/mit */',
  },
  logLevel: 'warning',
});

// They stand inline in a document: nothing in them may end the element that they stand in.
for (const file of readdirSync('dist/web')) {
  if (/<\/(script|style)|<!--/i.test(readFileSync(`dist/web/${file}`, 'utf8'))) {
    throw new Error(`dist/web/${file} holds </script, </style or <!--: it cannot stand inline`);
  }
}
