/** Style sheet of the report: system fonts, light and dark by the reader's preference, nothing loaded. */
export const STYLE = `
:root { color-scheme: light dark; --line: #c8c8c8; --soft: #f3f3f3; --good: #00664a; --bad: #a33c00; --none: #555; --link: #00508c; }
@media (prefers-color-scheme: dark) {
  :root { --line: #555; --soft: #262626; --good: #5fd0ac; --bad: #ff9a66; --none: #b5b5b5; --link: #7cc0f0; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.7rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
a { color: var(--link); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.875rem; margin: 0.5rem 0; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--line); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 0.75rem; padding: 0; list-style: none; }
.tiles li { border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.6rem 0.8rem; font-size: 0.9rem; }
.tiles strong { display: block; font-size: 1.5rem; line-height: 1.2; }
.findings { padding-left: 1.1rem; } .findings li { margin: 0.35rem 0; } .findings ul { padding-left: 1.1rem; font-size: 0.9rem; }
.note { border-left: 0.25rem solid var(--bad); padding-left: 0.75rem; }
.contents { columns: 2; column-gap: 2rem; font-size: 0.9rem; padding-left: 1.1rem; }
@media (max-width: 40rem) { .contents { columns: 1; } }
th { background: var(--soft); }
[aria-labelledby="rows"] td { min-width: 5rem; }
.verdict { white-space: nowrap; font-weight: 600; }
.reproduced { color: var(--good); } .differs { color: var(--bad); } .not-attempted { color: var(--none); }
.badge { border: 1px solid var(--line); border-radius: 0.25rem; padding: 0 0.4rem; font-size: 0.875rem; }
details { margin: 0.4rem 0; } summary { cursor: pointer; }
figure { margin: 1.5rem 0; } figcaption { font-size: 0.9rem; margin-top: 0.5rem; }
.drawing { background: #fff; color: #1a1a1a; overflow-x: auto; border: 1px solid var(--line); }
.drawing svg, .drawing img { display: block; max-width: 100%; height: auto; }
pre { overflow-x: auto; background: var(--soft); padding: 0.5rem; font-size: 0.8rem; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
`;
