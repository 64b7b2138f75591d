/**
 * What a figure is: a pure description that a notebook, a report and a static export draw alike.
 *
 * @module
 */

/** One row of the numbers behind a figure. */
export type FigureRow = Readonly<
  Record<string, string | number | boolean | null>
>;

/** A Plotly layout, with the attributes that are read here. */
export interface FigureLayout {
  /** Width in pixels; default 860. */
  readonly width?: number;
  /** Height in pixels; default 460. */
  readonly height?: number;
  /** Anything else of Plotly's. */
  readonly [attribute: string]: unknown;
}

/** A Plotly specification, restricted to attributes that Plotly 2 to 4 share. */
export interface FigureSpec {
  /** Plotly's traces: JSON objects with a `type`. */
  readonly data: readonly object[];
  /** Plotly's layout: axes, titles, size. */
  readonly layout: FigureLayout;
}

/** A figure with everything a reader may want of it. */
export interface Figure {
  /** File name stem, e.g. `tpf-scaling`. */
  readonly id: string;
  /** Heading in reports and alternative text. */
  readonly title: string;
  /** The take-away in one or two sentences with its numbers: the accessible description. */
  readonly description: string;
  /** What to draw. */
  readonly spec: FigureSpec;
  /** The plotted numbers, written as CSV beside the figure. */
  readonly rows: readonly FigureRow[];
}

/** A picture that is SVG to begin with, such as an animation. */
export interface Drawing extends Omit<Figure, "spec"> {
  /** The whole picture as SVG text. */
  readonly svg: string;
}
