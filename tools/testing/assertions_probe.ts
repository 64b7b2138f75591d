/** Imports what the tests import, to find out whether it can be had. */
export { assert } from "@std/assert";
