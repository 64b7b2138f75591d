/** A name as an identifier: lower case, digits and single hyphens; `+` is written out. */
export function slug(name: string): string {
  return name.toLowerCase().replaceAll("+", "plus")
    .replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
}
