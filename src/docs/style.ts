/** Text of a book's width, both colours, and nothing that moves. */
export const STYLE = `
:root {
  color-scheme: light dark; --ink: #1c2127; --soft: #55606d; --line: #d9dee5; --page: #fff; --shade: #f4f6f8; --link: #1554b8;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ee; --soft: #a3aebb; --line: #333c46; --page: #14181d; --shade: #1d232a; --link: #83b4ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); }
a:focus-visible, .wide:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--page); padding: 4px 8px; z-index: 2; }
.bar { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 10px 20px; border-bottom: 1px solid var(--line); }
.bar a { color: var(--soft); text-decoration: none; padding: 4px 0; }
.bar a:first-child { color: var(--ink); font-weight: 650; }
.bar a:hover, .bar a[aria-current] { color: var(--ink); text-decoration: underline; text-underline-offset: 6px; }
#main { max-width: 860px; margin: 0 auto; padding: 8px 20px 64px; }
#main:has(#reference) { max-width: 1280px; }
h1, h2, h3 { line-height: 1.25; margin: 1.6em 0 0.5em; }
h1 { margin-top: 1em; }
code, pre { font: 0.9em/1.5 ui-monospace, monospace; }
:not(pre) > code { background: var(--shade); padding: 1px 4px; border-radius: 3px; overflow-wrap: anywhere; }
pre { background: var(--shade); padding: 12px 14px; border-radius: 6px; overflow-x: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 15px; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); }
img { max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; }
small { color: var(--soft); font-size: 0.9em; font-weight: 400; }
.error { border-top: 1px solid var(--line); }
.error h3 { margin-top: 1em; }
.error h3 a { text-decoration: none; }
.error p { margin: 0.4em 0; }
dt { font-weight: 600; }
dd { margin: 0 0 0.6em; }
.doors { list-style: none; padding: 0; display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); }
.doors a { display: block; height: 100%; padding: 14px 16px; border: 1px solid var(--line); border-radius: 8px; text-decoration: none; color: var(--ink); }
.doors a:hover { border-color: var(--link); background: var(--shade); }
.doors span { display: block; color: var(--soft); }
`;
