import {
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { temporaryFolder } from "../engine/_temporary.ts";
import { buildTokenizer } from "./_tokenizer_json.ts";
import { CharacterTokenizer } from "./character_tokenizer.ts";
import { TokenizerError } from "./errors.ts";
import { HubTokenizer } from "./hub_tokenizer.ts";
import { loadTokenizer } from "./tokenizer.ts";

const CHARACTERS = {
  id_to_string: ["a", "b", " ", "<eos>", "<bos>", "<mask>", "<"],
  bos: 4,
  eos: 3,
  mask: 5,
};

Deno.test("CharacterTokenizer encodes characters and special tokens, and decodes them", () => {
  const tokenizer = new CharacterTokenizer(CHARACTERS);
  assertEquals(
    tokenizer.encode("ab <mask><a"),
    Int32Array.of(0, 1, 2, 5, 6, 0),
  );
  assertEquals(tokenizer.encode("a", { bos: true }), Int32Array.of(4, 0));
  assertEquals(tokenizer.decode([4, 0, 3, 1, 99]), "<bos>a<eos>b");
  assertEquals(tokenizer.decode([4, 0, 3, 1], { skipSpecial: true }), "ab");
  assertEquals([tokenizer.display(5), tokenizer.display(99)], [
    "<mask>",
    "<99>",
  ]);
  assertEquals([tokenizer.maskId, tokenizer.bosId, tokenizer.size], [5, 4, 7]);
  assertThrows(
    () => tokenizer.encode("abz"),
    TokenizerError,
    'the character "z"',
  );
  assertThrows(
    () => tokenizer.encode("🙂"),
    TokenizerError,
    'the character "🙂"',
  );
});

Deno.test("CharacterTokenizer refuses malformed vocabularies and a missing mask token", () => {
  const refuses = (json: unknown, text: string) =>
    assertThrows(() => new CharacterTokenizer(json), TokenizerError, text);
  refuses(null, "no id_to_string");
  refuses({ ...CHARACTERS, id_to_string: ["a", 3] }, "no id_to_string");
  refuses({ ...CHARACTERS, id_to_string: ["a", ""] }, "no id_to_string");
  refuses(
    { ...CHARACTERS, mask: 7 },
    "the mask id 7 is not among the 7 tokens",
  );
  refuses({ ...CHARACTERS, mask: undefined }, "the mask id null");
  refuses(
    { ...CHARACTERS, id_to_string: ["a", "a", "a", "a", "a", "a"] },
    "one string to two ids",
  );
});

Deno.test("loadTokenizer reads tokenizer.json before toy_vocab.json, with the model's mask id", async () => {
  await using folder = await temporaryFolder();
  const write = (name: string, json: unknown) =>
    Deno.writeTextFile(`${folder.path}/${name}`, JSON.stringify(json));
  await assertRejects(
    () => loadTokenizer(folder.path),
    TokenizerError,
    "neither tokenizer.json nor toy_vocab.json",
  );
  await write("toy_vocab.json", CHARACTERS);
  const characters = await loadTokenizer(folder.path);
  assertInstanceOf(characters, CharacterTokenizer);
  const { json, config, ids } = buildTokenizer("dream");
  await write("tokenizer.json", json);
  await assertRejects(
    () => loadTokenizer(folder.path),
    TokenizerError,
    "names the mask token",
  );
  await write("config.json", { model_type: "qwen2" });
  assertEquals((await loadTokenizer(folder.path)).maskId, null);
  await Deno.remove(`${folder.path}/config.json`);
  await write("tokenizer_config.json", config);
  const hub = await loadTokenizer(folder.path);
  assertInstanceOf(hub, HubTokenizer);
  assertEquals([hub.maskId, hub.digest.length], [ids["<|mask|>"], 64]);
  assertNotEquals(hub.digest, characters.digest);
  await write("config.json", { mask_token_id: 151666 });
  await assertRejects(
    () => loadTokenizer(folder.path),
    TokenizerError,
    "151666 is not among",
  );
});

Deno.test("CharacterTokenizer: only a causal language model does without a mask", () => {
  const { mask: _, ...causal } = CHARACTERS;
  assertThrows(() => new CharacterTokenizer(causal), TokenizerError, "mask id");
  assertEquals(new CharacterTokenizer(causal, { causal: true }).maskId, null);
  assertEquals(
    new CharacterTokenizer(CHARACTERS, { causal: true }).maskId,
    CHARACTERS.mask,
  );
});
