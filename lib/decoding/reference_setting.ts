/**
 * Reads the parameters of a recording key by key, so that none is overlooked.
 *
 * @module
 */

/** A setting whose every key has to be asked for. */
export class SettingReader {
  #family: string;
  #setting: Readonly<Record<string, unknown>>;
  #left: Set<string>;

  /** @param family Names the recording in messages. @param setting Its parameters. */
  constructor(family: string, setting: Readonly<Record<string, unknown>>) {
    this.#family = family;
    this.#setting = setting;
    this.#left = new Set(Object.keys(setting));
  }

  /** Whether the setting has a key. */
  has(key: string): boolean {
    return Object.hasOwn(this.#setting, key);
  }

  /** A number. */
  number(key: string): number {
    const value = this.#take(key);
    return typeof value === "number" ? value : this.#refuse(key, "a number");
  }

  /** A number or `null`; `null` where the key is absent. */
  numberOrNull(key: string): number | null {
    if (!this.has(key) || this.#setting[key] === null) {
      this.#left.delete(key);
      return null;
    }
    return this.number(key);
  }

  /** `true` or `false`. */
  flag(key: string): boolean {
    const value = this.#take(key);
    return typeof value === "boolean"
      ? value
      : this.#refuse(key, "true or false");
  }

  /** A string. */
  text(key: string): string {
    const value = this.#take(key);
    return typeof value === "string" ? value : this.#refuse(key, "a string");
  }

  /** One of some words. */
  choice<const T extends string>(key: string, words: readonly T[]): T {
    const value = this.#take(key);
    return words.find((word) => word === value) ??
      this.#refuse(key, words.map((word) => `"${word}"`).join(" or "));
  }

  /** One of some words, or `null`; `null` where the key is absent. */
  choiceOrNull<const T extends string>(
    key: string,
    words: readonly T[],
  ): T | null {
    if (!this.has(key) || this.#setting[key] === null) {
      this.#left.delete(key);
      return null;
    }
    return this.choice(key, words);
  }

  /** @throws {TypeError} if a key was never asked for. */
  finish(): void {
    if (this.#left.size === 0) return;
    throw new TypeError(
      `the setting of ${this.#family} has unknown keys ${
        [...this.#left].join(", ")
      }; remove them, or teach the decoder what they mean`,
    );
  }

  #take(key: string): unknown {
    if (!this.has(key)) {
      throw new TypeError(
        `the setting of ${this.#family} lacks "${key}"; give it`,
      );
    }
    this.#left.delete(key);
    return this.#setting[key];
  }

  #refuse(key: string, wanted: string): never {
    throw new TypeError(
      `the setting of ${this.#family} has ${key} = ${
        JSON.stringify(this.#setting[key])
      }; give ${wanted}`,
    );
  }
}
