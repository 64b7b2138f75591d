/**
 * A window for Plotly without a browser: jsdom plus the measuring functions that Plotly calls and jsdom lacks. Randomness is
 * seeded, so the same figure gives the same bytes.
 *
 * @module
 */
import { textWidth } from "./text_metrics.ts";

/** The part of Plotly that the static export uses. */
export interface StaticPlotly {
  toImage(
    figure: { data: unknown; layout: unknown },
    options: { format: "svg"; width: number; height: number },
  ): Promise<string>;
  validate(data: unknown, layout: unknown): { msg: string }[] | undefined;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

// deno-lint-ignore no-explicit-any -- jsdom's window has no useful type here
type Window = any;

function fontSize(element: Window): number {
  for (let at = element; at !== null; at = at.parentElement) {
    const size = parseFloat(
      at.style?.fontSize || at.getAttribute?.("font-size"),
    );
    if (size > 0) return size;
  }
  return 12;
}

/** Box of a text element from font metrics; other elements measure as empty. */
function textBox(element: Window): Box {
  const spans = [...element.querySelectorAll("tspan.line")];
  const lines = (spans.length > 0 ? spans : [element]).map((line: Window) =>
    line.textContent ?? ""
  );
  const size = fontSize(element);
  const width = Math.max(
    0,
    ...lines.map((line: string) => textWidth(line, size)),
  );
  const height = lines.every((line: string) => line === "")
    ? 0
    : 1.2 * size * lines.length;
  return { x: 0, y: -size, width, height };
}

function rectangle(box: Box): Window {
  return {
    ...box,
    left: box.x,
    top: box.y,
    right: box.x + box.width,
    bottom: box.y + box.height,
  };
}

function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}

function addMeasuring(window: Window): void {
  const isText = (element: Window) =>
    ["text", "tspan", "g"].includes(element.tagName);
  const measure = (element: Window) => {
    const text = element.tagName === "g"
      ? element.querySelector("text")
      : element;
    return text && isText(text)
      ? textBox(text)
      : { x: 0, y: 0, width: 0, height: 0 };
  };
  const svg = window.SVGElement.prototype;
  svg.getBBox = function (this: Window) {
    return measure(this);
  };
  svg.getComputedTextLength = function (this: Window) {
    return textWidth(this.textContent ?? "", fontSize(this));
  };
  svg.getBoundingClientRect = function (this: Window) {
    return rectangle(measure(this));
  };
  svg.getTotalLength = () => 0;
  svg.getPointAtLength = () => ({ x: 0, y: 0 });
  window.matchMedia = () => ({
    matches: false,
    addListener() {},
    addEventListener() {},
  });
  window.URL.createObjectURL = () => "";
  window.HTMLCanvasElement.prototype.getContext = () => null;
}

interface Loaded {
  readonly window: Window;
  readonly plotly: StaticPlotly;
}

async function load(): Promise<Loaded> {
  const { JSDOM } = await import("jsdom");
  const { default: source } = await import(
    "plotly.js/dist/plotly-cartesian.min.js",
    { with: { type: "text" } }
  );
  const { window } = new JSDOM("<!DOCTYPE html><body></body>", {
    runScripts: "outside-only",
    pretendToBeVisual: true,
  });
  addMeasuring(window);
  (window as Window).eval(source);
  return { window, plotly: (window as Window).Plotly };
}

let loading: Promise<Loaded> | undefined;

/** Plotly inside a window without a browser, loaded on first use; each call restarts its random numbers. */
export async function staticPlotly(): Promise<StaticPlotly> {
  loading ??= load();
  const { window, plotly } = await loading;
  window.Math.random = seededRandom();
  return plotly;
}
