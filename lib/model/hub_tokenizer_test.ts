import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { buildTokenizer } from "./_tokenizer_json.ts";
import { TokenizerError } from "./errors.ts";
import { HubTokenizer } from "./hub_tokenizer.ts";

const dream = buildTokenizer("dream");
const llada = buildTokenizer("llada");
const tokenizers = {
  dream: new HubTokenizer(dream.json, { config: dream.config }),
  llada: new HubTokenizer(llada.json, {
    config: llada.config,
    maskId: llada.ids["<|mdm_mask|>"]!,
  }),
};

/** Texts of the tokens of a text. */
const pieces = (family: "dream" | "llada", text: string) =>
  Array.from(
    tokenizers[family].encode(text),
    (id) => tokenizers[family].display(id),
  );

Deno.test("HubTokenizer splits as Qwen2 does: contractions, leading marks, single digits, newlines, spaces", () => {
  assertEquals(pieces("dream", "hello world's 123"), [
    "hello",
    " world",
    "'s",
    " ",
    "1",
    "2",
    "3",
  ]);
  assertEquals(pieces("dream", "  hello"), [" ", " hello"]);
  assertEquals(pieces("dream", "   hello"), ["  ", " hello"]);
  assertEquals(pieces("dream", "no!!\n\nhello"), [
    "n",
    "o",
    "!!",
    "\n\n",
    "hello",
  ]);
  assertEquals(pieces("dream", "hello\n\nhello"), ["hello", "\n\n", "hello"]);
  assertEquals(pieces("dream", "HELLO'S"), ["H", "E", "L", "L", "O", "'", "S"]);
});

Deno.test("HubTokenizer splits as LLaDA does", () => {
  assertEquals(pieces("llada", "hello world's 123"), [
    "hello",
    " world",
    "'s",
    " ",
    "1",
    "2",
    "3",
  ]);
  assertEquals(pieces("llada", "hello \n\nhello"), [
    "hello",
    " ",
    "\n\n",
    "hello",
  ]);
  assertEquals(pieces("llada", "!!\n\n"), ["!!", "\n\n"]);
});

Deno.test("HubTokenizer keeps special tokens inside a prompt whole, and decodes them unless told to skip them", () => {
  for (
    const [family, { ids }] of [["dream", dream], ["llada", llada]] as const
  ) {
    const tokenizer = tokenizers[family];
    for (const [name, id] of Object.entries(ids)) {
      const encoded = tokenizer.encode(`hello${name} world`);
      assertEquals(encoded[1], id);
      assertEquals(encoded.length, 3);
      assertEquals(tokenizer.decode(encoded), `hello${name} world`);
      assertEquals(
        tokenizer.decode(encoded, { skipSpecial: true }),
        "hello world",
      );
      assertEquals(tokenizer.display(id), name);
    }
  }
});

Deno.test("HubTokenizer handles text of several bytes per character", () => {
  const { dream: tokenizer } = tokenizers;
  assertEquals(pieces("dream", "é"), ["é"]);
  assertEquals(tokenizer.encode("é"), tokenizer.encode("e\u0301"), "NFC");
  assertEquals(
    tokenizers.llada.decode(tokenizers.llada.encode("e\u0301")),
    "e\u0301",
  );
  for (const text of ["日本語 試験", "🙂🏽 café", "Ωμέγα\t\r\n½", "語"]) {
    for (const each of Object.values(tokenizers)) {
      assertEquals(each.decode(each.encode(text)), text.normalize("NFC"));
    }
  }
  assertEquals(pieces("dream", "語"), ["è", "ª", "ŀ"]);
});

Deno.test("HubTokenizer decodes what it encodes", () => {
  const part = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(
      "hello",
      " world",
      "'s",
      "\n\n",
      "  ",
      "123",
      "<|endoftext|>",
      "<|mask|>",
      "<|mdm_mask|>",
      "<|",
      "é",
    ),
  );
  const text = fc.array(part, { maxLength: 8 }).map((parts) =>
    parts.join("").normalize("NFC").toWellFormed()
  );
  fc.assert(fc.property(text, (text) => {
    for (const tokenizer of Object.values(tokenizers)) {
      assertEquals(tokenizer.decode(tokenizer.encode(text)), text);
    }
  }));
});

Deno.test("HubTokenizer adds nothing of its own, and the beginning token where asked", () => {
  const { dream: tokenizer } = tokenizers;
  assertEquals(tokenizer.encode(""), new Int32Array(0));
  assertEquals(
    tokenizer.encode("hello", { bos: true }),
    Int32Array.of(tokenizer.bosId!, ...tokenizer.encode("hello")),
  );
  assertEquals(tokenizer.bosId, dream.ids["<|beginoftext|>"]);
  const without = new HubTokenizer(dream.json, {
    config: { mask_token: "<|mask|>" },
  });
  assertThrows(
    () => without.encode("x", { bos: true }),
    TokenizerError,
    "no beginning-of-sequence token",
  );
});

Deno.test("HubTokenizer decodes ids without a string, and halves of characters, without failing", () => {
  const { dream: tokenizer } = tokenizers;
  assertEquals(tokenizer.decode([999999]), "");
  assertEquals(tokenizer.display(999999), "<999999>");
  assertEquals(
    tokenizer.decode([tokenizer.encode("hello")[0]!, 999999]),
    "hello",
  );
  assertEquals(tokenizer.decode([0xe8]), "\ufffd");
  assertEquals(tokenizer.display(0xe8), "è");
});

Deno.test("HubTokenizer finds the mask token by the model's id or its own name, and names it when it is missing", () => {
  assertEquals(tokenizers.dream.maskId, dream.ids["<|mask|>"]);
  assertEquals(tokenizers.llada.maskId, llada.ids["<|mdm_mask|>"]);
  const refuses = (
    options: { config?: unknown; maskId?: number },
    text: string,
  ) =>
    assertThrows(
      () => new HubTokenizer(llada.json, options),
      TokenizerError,
      text,
    );
  refuses(
    {},
    "neither config.json (mask_token_id) nor tokenizer_config.json (mask_token)",
  );
  refuses(
    { config: { mask_token: "<|mask|>" } },
    'lacks the mask token "<|mask|>"',
  );
  refuses(
    { config: llada.config, maskId: 126336 },
    "the model's mask id 126336 is not among",
  );
  assertThrows(
    () => new HubTokenizer({ model: { type: "Nonsense" } }, { maskId: 1 }),
    TokenizerError,
    "cannot be used",
  );
});
