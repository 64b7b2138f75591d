/** A fact, or why it could not be had. */
export type Recorded<T> = T | Unavailable;

/** A fact that could not be had. */
export interface Unavailable {
  /** Why, in the words of the error. */
  readonly unavailable: string;
}

/** Whether a recorded fact is missing. */
export function isUnavailable(value: unknown): value is Unavailable {
  return typeof value === "object" && value !== null && "unavailable" in value;
}

/** Runs `read` and records why when it fails: a missing permission, a missing program. */
export async function record<T>(
  read: () => T | Promise<T>,
): Promise<Recorded<T>> {
  try {
    return await read();
  } catch (error) {
    return {
      unavailable: error instanceof Error ? error.message : String(error),
    };
  }
}
