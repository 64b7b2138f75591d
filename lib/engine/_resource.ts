/** What buffers, weights and plans have in common: an id on a device, given back once. Internal to the engine. */
import type { DeviceContext } from "./_context.ts";
import { LifetimeError } from "./errors.ts";
import { forgetOwner, watchOwner } from "./_leaks.ts";

/** One native object that lives on a device. */
export abstract class DeviceResource implements Disposable {
  /** @internal Shared state of the device. */
  protected readonly context: DeviceContext;
  readonly #id: bigint;
  readonly #label: string;
  #destroyed = false;

  /** Takes charge of the native object `id`; `label` names it in messages. */
  constructor(context: DeviceContext, id: bigint, label: string) {
    this.context = context;
    this.#id = id;
    this.#label = label;
    watchOwner(this, { label, isOpen: () => context.open });
  }

  /** Id of the native object; throws a {@linkcode LifetimeError} once it or its device is gone. */
  get id(): bigint {
    if (!this.#destroyed && this.context.open) return this.#id;
    const what = this.#destroyed ? "it was destroyed" : "its device is closed";
    throw new LifetimeError(`Cannot use this ${this.#label}: ${what}`);
  }

  /** Frees the native object. Idempotent; closing the device frees it too. */
  destroy(): void {
    if (this.#destroyed) return;
    if (this.context.open) this.free(this.#id);
    this.#destroyed = true;
    forgetOwner(this);
  }

  /** Same as {@linkcode DeviceResource.destroy}. */
  [Symbol.dispose](): void {
    this.destroy();
  }

  /** Gives the id back to the library. */
  protected abstract free(id: bigint): void;
}
