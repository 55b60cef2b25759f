/** Builds the status page: one file with its styles and its script in it, which asks nobody but its own address. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, transform } from 'esbuild';

/**
 * @param {string} root the project's folder
 * @returns {Promise<string>} the page
 */
export async function statusPage(root) {
  const folder = join(root, 'src/page');
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'page.ts')],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome120', 'firefox121', 'safari17'],
    write: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const script = outputFiles[0].text.trim().replaceAll('</script', '<\\/script');
  const sheets = [join(root, 'node_modules/uplot/dist/uPlot.min.css'), join(folder, 'page.css')];
  const css = (await Promise.all(sheets.map((sheet) => readFile(sheet, 'utf8')))).join('\n');
  const style = (await transform(css, { loader: 'css', minify: true })).code.trim();
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  // uPlot (MIT) asks for its notice.
  const notice = '<!-- charts: uPlot, (c) Leon Sorokin, MIT licence -->';
  return html
    .replace('</head>', () => `${policy(script, style)}<style>${style}</style></head>`)
    .replace('</body>', () => `${notice}<script>${script}</script></body>`);
}

/** Nothing but these two, and data from the page's own origin, whatever might ever get into it. */
function policy(script, style) {
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const rules = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${rules.join('; ')}">`;
}
