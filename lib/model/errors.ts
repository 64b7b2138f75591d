/**
 * The errors of this floor. Each message says what was given, what is wanted and the remedy; each class carries the data.
 *
 * @module
 */

/** `config.json` or `generation_config.json` describes a network that cannot be run as given. */
export class ConfigError extends TypeError {
  /** The key at fault. */
  readonly key: string;

  /** Builds the error; `key`: the key at fault; `message`: what is wrong with it and what would do. */
  constructor(key: string, message: string) {
    super(message);
    this.name = "ConfigError";
    this.key = key;
  }
}

/** A safetensors file is not what its own header says. */
export class SafetensorsError extends SyntaxError {
  /** The file at fault. */
  readonly file: string;

  /** Builds the error; `file`: the file at fault; `message`: what is wrong with it. */
  constructor(file: string, message: string) {
    super(`${file}: ${message}`);
    this.name = "SafetensorsError";
    this.file = file;
  }
}

/** The tensors of a checkpoint are not those that its configuration calls for. */
export class CheckpointError extends TypeError {
  /** Names of the tensors or files at fault. */
  readonly names: readonly string[];

  /** Builds the error; `message`: what is wrong; `names`: the tensors or files at fault. */
  constructor(message: string, names: readonly string[] = []) {
    super(message);
    this.name = "CheckpointError";
    this.names = names;
  }
}

/** A LoRA adapter does not fit the model it is merged into. */
export class AdapterError extends TypeError {
  /** Names of the modules or tensors at fault. */
  readonly names: readonly string[];

  /** Builds the error; `message`: what is wrong; `names`: the modules or tensors at fault. */
  constructor(message: string, names: readonly string[] = []) {
    super(message);
    this.name = "AdapterError";
    this.names = names;
  }
}

/** A tokenizer is missing, broken, or lacks a token that decoding needs. */
export class TokenizerError extends TypeError {
  /** Builds the error; `message`: what is wrong and what would do. */
  constructor(message: string) {
    super(message);
    this.name = "TokenizerError";
  }
}

/** A forward request breaks a rule of `ForwardRequest`. Nothing was computed and no cache was changed. */
export class RequestError extends RangeError {
  /** The field at fault, e.g. `branches[1].predict`. */
  readonly field: string;

  /** Builds the error; `field`: the field at fault; `message`: what was given and what is wanted. */
  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.name = "RequestError";
    this.field = field;
  }
}

/** A NaN or an infinity in weights or logits. */
export class NonFiniteError extends RangeError {
  /** Builds the error; `message`: where it was found. */
  constructor(message: string) {
    super(message);
    this.name = "NonFiniteError";
  }
}

/** The first few of many names, for a message. */
export function nameSome(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
