/** Around GraphiQL: the whole window, a bar for the token, and on a phone one editor above the other. */
export const STYLE = `
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; }
.doors { display: flex; gap: 20px; padding: 4px 16px; font: 14px/1.5 system-ui, sans-serif; color-scheme: light dark; background: Canvas; }
.doors a { color: CanvasText; opacity: 0.8; text-underline-offset: 3px; }
.doors a:hover { opacity: 1; }
#root { flex: 1; min-height: 0; overflow: hidden; }
#root .graphiql-container { height: 100%; }
#root > div { height: 100%; }
#token:not([hidden]) {
  display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center;
  padding: 10px 16px; background: #7a1f1f; color: #fff; font: 15px/1.4 system-ui, sans-serif;
}
#token p { margin: 0; flex: 1 1 320px; }
#token code { font-family: ui-monospace, monospace; }
#token input, #token button { font: inherit; padding: 4px 8px; border: 1px solid #fff; border-radius: 4px; }
#token input { width: 12em; background: #fff; color: #111; }
#token button { background: transparent; color: #fff; cursor: pointer; }
#token :focus-visible { outline: 2px solid #fff; outline-offset: 2px; }
@media (max-width: 700px) {
  #root .graphiql-container .graphiql-container { flex-direction: column-reverse; }
  #root .graphiql-sidebar { flex-direction: row; width: auto; height: auto; padding: 4px 8px; }
  #root .graphiql-sidebar button { margin: 0 !important; }
  #root .graphiql-main { flex: 1; flex-direction: column; min-height: 0; }
  #root .graphiql-main > .graphiql-sessions { margin: 4px; }
  #root .graphiql-logo, #root .graphiql-horizontal-drag-bar { display: none; }
  #root #graphiql-session { flex-direction: column; padding: 4px; }
  #root #graphiql-session > div { width: auto; min-height: 0; }
}
`;
