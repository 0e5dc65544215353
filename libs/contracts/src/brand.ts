declare const brand: unique symbol;

/** A `Base` that must not be mixed with another of the same shape: an offset is no timestamp. Costs nothing at run time. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
