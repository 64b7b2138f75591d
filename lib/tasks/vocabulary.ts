/**
 * The one closed vocabulary of all tasks, and the rule that cuts text into its pieces: one piece per digit, whole words with the
 * space before them, marks and JavaScript operators with the spaces that canonical formatting puts around them.
 *
 * @module
 */
import { FUNCTION_NAMES } from "./code_style.ts";
import { PERSONS, THINGS } from "./gsm_themes.ts";
import { SEPARATOR, TASK_TAGS } from "./prompt.ts";

/** Ids of the special tokens. */
export const SPECIAL = {
  /** End of sequence, and filling of the canvas after it. */
  eos: 0,
  /** The mask. */
  mask: 1,
  /** Beginning of sequence. */
  bos: 2,
} as const;

/** Names of the special tokens, by id. */
export const SPECIAL_NAMES = ["<|eos|>", "<|mask|>", "<|bos|>"] as const;

/** Tokens that frame a prompt; their ids follow the special ones. */
export const FRAME_NAMES: readonly string[] = [
  SEPARATOR,
  TASK_TAGS.gsm,
  TASK_TAGS.free,
  TASK_TAGS.code,
];

/** Pieces of one meaning that the rule for words would cut or join wrongly. */
const MARKS: readonly string[] = [
  "\n",
  "#### ",
  ". ",
  ".",
  "?",
  ":",
  " = ",
  " + ",
  " - ",
  " * ",
  " / ",
];

const JAVASCRIPT: readonly string[] = [
  "function ",
  "const ",
  "let ",
  "return ",
  "for (const ",
  "if (",
  "(",
  ")",
  " { ",
  " => { ",
  " => ",
  "; ",
  ";",
  "} ",
  "}",
  ", ",
  " % ",
  " > ",
  " < ",
  " === ",
  " !== ",
  " ? ",
  " : ",
  " += ",
  " -= ",
  " *= ",
  "-",
  "[",
  "]",
  "...",
  '""',
  ".max(",
  ".min(",
  ".abs(",
  ".map(",
  ".filter(",
  ".reduce(",
  ".length",
  ".push(",
  ".repeat(",
  ".reverse(",
  ".slice(",
  ".split(",
  ".join(",
  ".at(",
];

/** What stands between the items of a JavaScript loop; the word of prose takes no space after it. */
const LOOP = " of ";

const DIGITS = [..."0123456789"];

/** Words of the questions and descriptions, `_` for the space that a word takes before it, and after it before a number. */
const PROSE = `
A Adding_ Dividing_ Each He How Multiplying_ Name Only Pick She Taking_ That The What _a _above_ _add _add_ _adds_
_among_ _and_ _are _as _at _back _below_ _between_ _boxes _brings_ _buys_ _by_ _check _costs_ _count _cut_ _day _days
_differ _difference _distance _does_ _down _each _earns_ _else _even _extra _far _fewer _finds_ _first _first_ _for_
_friend _friends _from _from_ _get _gets_ _gives_ _goes_ _good _grows_ _has_ _how _if _in_ _index_ _into_ _is
_is_ _it _item _items _its _keep _keeps _larger _largest _last _last_ _least_ _left _length _letters _limit _list
_loses_ _makes_ _many _miles _minus_ _more _most_ _multiple _multiply _number _numbers _odd _of _old _older _one _out
_over_ _packs_ _pay _pile _plus_ _points _price _product _repeat_ _reverse _score _sees_ _sells_ _share _shares
_smaller _smallest _splits _starts _stays _stock _stores_ _subtract_ _such _sum _take _takes_ _text _that _the _them
_then _there _three _ticket _times _times_ _to _to_ _trades _truck _turns _two _up _walks_ _when _whether _wins_
_with_ _without _works _years _younger
`;

const IDENTIFIERS = `
n x num value a b y p q xs list items arr s text str word v item total acc t out result res r Math true false
`;

function words(text: string): string[] {
  return text.trim().split(/\s+/).map((word) => word.replaceAll("_", " "));
}

/** Every token in the order of its id. */
export const VOCABULARY: readonly string[] = [
  ...SPECIAL_NAMES,
  ...FRAME_NAMES,
  ...DIGITS,
  " ",
  ...MARKS,
  ...PERSONS.map(({ name }) => name),
  ...THINGS.map((things) => ` ${things}`),
  ...words(PROSE),
  ...JAVASCRIPT,
  LOOP,
  ...FUNCTION_NAMES,
  ...words(IDENTIFIERS),
];

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\n", "\\n");
}

/**
 * The rule as a regular expression, each match one piece: marks and operators first, the longest first; then words, with the
 * space before them, and with the space after them where a number or a name follows; then single digits and spaces.
 */
export const PIECE_PATTERN: string = [
  ...[...MARKS, ...JAVASCRIPT]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map(escape),
  `${LOOP}(?=[a-z]+\\))`,
  " ?[A-Za-z]+(?: (?=[0-9A-Z]))?",
  "[0-9]",
  " ",
].join("|");
