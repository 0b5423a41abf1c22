/**
 * Shapes at type level: literal sizes where the program spells them out, plain numbers where it does not. A size that
 * types cannot compute (a sum, a quotient) is `number`; where even the rank is unknown the result is `Shape`. What
 * they cannot decide they let pass: every rule holds at run time.
 */

/** The sizes of a tensor's axes. As a type, `[2, 3]` where they are known when compiling. */
export type Shape = readonly number[];

/** A shape as written, without `readonly`; `Shape` where the rank is unknown. */
export type Tight<S extends Shape> = number extends S['length'] ? Shape : [...S];

/** The same rank, sizes unknown. */
export type Unsized<S extends Shape> = number extends S['length']
  ? Shape
  : { -readonly [K in keyof S]: number };

/** `[2, 3]` as text, for messages. */
export type Show<S extends Shape> = number extends S['length'] ? '[...]' : `[${Sizes<S>}]`;
type Sizes<S extends Shape> = S extends readonly [infer X extends number, ...infer R extends Shape]
  ? `${number extends X ? 'number' : X}${R extends readonly [] ? '' : ', '}${Sizes<R>}`
  : '';

/** What two aligned axes become: a 1 stretches; `never` where they cannot match. */
type Dim<A, B> = A extends 1 ? B : B extends 1 ? A : A extends B ? A : number extends A ? B : never;

/** NumPy's broadcasting: trailing axes align. `never` where they do not fit. Most calls add a suffix of A. */
export type Broadcast<A extends Shape, B extends Shape> = number extends A['length'] | B['length']
  ? Shape
  : number extends B[number]
    ? Align<A, B>
    : A extends readonly [...Shape, ...B]
      ? A
      : Align<A, B>;
type Align<A extends Shape, B extends Shape, Out extends Shape = []> = A extends readonly [
  ...infer As extends Shape,
  infer X extends number,
]
  ? B extends readonly [...infer Bs extends Shape, infer Y extends number]
    ? Dim<X, Y> extends infer Z extends number
      ? [Z] extends [never]
        ? never
        : Align<As, Bs, [Z, ...Out]>
      : never
    : [...A, ...Out]
  : [...B, ...Out];

/** Whether shapes broadcast; `true` where that is not known. */
export type Broadcasts<A extends Shape, B extends Shape> = [Broadcast<A, B>] extends [never] ? false : true;

/** NumPy's matmul: [..., M, K] x [..., K, N] -> [..., M, N]; a vector is a row on the left, a column on the right. */
export type Matmul<A extends Shape, B extends Shape> = number extends A['length'] | B['length']
  ? Shape
  : [...Broadcast<Batch<A>, Batch<B>>, ...RowsOf<A>, ...ColumnsOf<B>];
type Batch<S extends Shape> = S extends readonly [...infer Lead extends Shape, number, number] ? Lead : [];
type RowsOf<S extends Shape> = S extends readonly [...Shape, infer M extends number, number] ? [M] : [];
type ColumnsOf<S extends Shape> = S extends readonly [...Shape, number, infer N extends number] ? [N] : [];

/** Whether the inner sizes of a matmul agree; `true` where that is not known. */
export type SameK<A extends Shape, B extends Shape> = number extends A['length'] | B['length']
  ? true
  : SameSize<LastOf<A>, B extends readonly [number] ? B[0] : LastOf<DropLast<B>>>;
type LastOf<S extends Shape> = S extends readonly [...Shape, infer X] ? X : number;
type DropLast<S extends Shape> = S extends readonly [...infer Lead extends Shape, number] ? Lead : [];
type SameSize<A, B> = number extends A | B ? true : A extends B ? true : false;
/** Whether the leading axes of a matmul broadcast. */
export type SameBatch<A extends Shape, B extends Shape> = Broadcasts<Batch<A>, Batch<B>>;

/** A tuple of length N: how types count. */
type Count<N extends number, Out extends number[] = []> = Out['length'] extends N
  ? Out
  : Count<N, [...Out, number]>;

/** Axis A of literal rank, counted from the front. */
type FromFront<S extends Shape, A> = `${A & number}` extends `-${infer N extends number}`
  ? S extends readonly [...infer Front, ...Count<N>]
    ? Front['length']
    : never
  : A;

/** The axes before axis I and from it on. */
type Split<S extends Shape, I, Before extends Shape = []> = Before['length'] extends I
  ? [Before, S]
  : S extends readonly [infer X extends number, ...infer R extends Shape]
    ? Split<R, I, [...Before, X]>
    : null;

/** `S` with axis A replaced by the axes `With`. */
export type AtAxis<S extends Shape, A extends number, With extends Shape> = number extends
  S['length'] | A | With['length']
  ? Shape
  : Split<S, FromFront<S, A>> extends [infer Before extends Shape, [number, ...infer After extends Shape]]
    ? [...Before, ...With, ...After]
    : Shape;

/** `S` with an axis of size N that becomes axis A. */
export type Inserted<S extends Shape, A extends number, N extends number> = number extends S['length'] | A
  ? Shape
  : Split<S, FromFront<[...S, N], A>> extends [infer Before extends Shape, infer After extends Shape]
    ? [...Before, N, ...After]
    : Shape;

/** What a reduction over axes (all, if undefined) leaves. */
export type Reduced<S extends Shape, A, Keep extends boolean = false> = boolean extends Keep
  ? Shape
  : A extends undefined | null
    ? Keep extends true
      ? Ones<S>
      : []
    : A extends number
      ? AtAxis<S, A, Keep extends true ? [1] : []>
      : A extends Shape
        ? number extends S['length'] | A[number]
          ? Shape
          : Fold<S, { [K in keyof A]: FromFront<S, A[K]> }[number], Keep>
        : Shape;
type Ones<S extends Shape> = number extends S['length'] ? Shape : { -readonly [K in keyof S]: 1 };
type Fold<
  S extends Shape,
  Axes,
  Keep,
  Seen extends number[] = [],
  Out extends Shape = [],
> = S extends readonly [infer X extends number, ...infer R extends Shape]
  ? Fold<
      R,
      Axes,
      Keep,
      [...Seen, 0],
      Seen['length'] extends Axes ? (Keep extends true ? [...Out, 1] : Out) : [...Out, X]
    >
  : Out;

/** `S` without its axes of size 1, or without axis A. */
export type Squeezed<S extends Shape, A> = A extends undefined
  ? number extends S['length'] | S[number]
    ? Shape
    : NoOnes<S>
  : Reduced<S, A>;
type NoOnes<S extends Shape, Out extends Shape = []> = S extends readonly [
  infer X extends number,
  ...infer R extends Shape,
]
  ? NoOnes<R, X extends 1 ? Out : [...Out, X]>
  : Out;

type SizeAt<S extends Shape, A> = FromFront<S, A> extends infer I extends keyof S ? S[I] & number : number;

/** Axes of `S` in the order `P`. */
export type Permuted<S extends Shape, P extends Shape> = number extends S['length'] | P['length']
  ? Shape
  : { -readonly [K in keyof P]: SizeAt<S, P[K]> };

/** `S` with axes I and J swapped. */
export type Transposed<S extends Shape, I extends number, J extends number> = number extends
  S['length'] | I | J
  ? Shape
  : {
      -readonly [K in keyof S]: K extends `${FromFront<S, I> & number}`
        ? SizeAt<S, J>
        : K extends `${FromFront<S, J> & number}`
          ? SizeAt<S, I>
          : S[K];
    };

/** The shape given to reshape; its -1 becomes a number. */
export type Reshaped<R extends Shape> = number extends R['length']
  ? Shape
  : { -readonly [K in keyof R]: R[K] extends -1 ? number : R[K] };

/** One entry of a slice: [start, end, step], an index that drops the axis, or null for the whole axis. */
export type SliceEntry =
  number | null | readonly [start?: number | null, end?: number | null, step?: number | null];

/** `S` after a slice. */
export type Sliced<S extends Shape, E extends readonly SliceEntry[]> = number extends
  S['length'] | E['length']
  ? Shape
  : Cut<S, E>;
type Cut<S extends Shape, E, Out extends Shape = []> = E extends readonly [infer First, ...infer Rest]
  ? S extends readonly [infer X extends number, ...infer R extends Shape]
    ? Cut<R, Rest, First extends number ? Out : First extends null ? [...Out, X] : [...Out, number]>
    : Shape
  : [...Out, ...S];

/** The shape of `tile`: as many axes as there are repeats, or as `S` has. */
export type Tiled<S extends Shape, R extends Shape> = number extends S['length'] | R['length']
  ? Shape
  : Unsized<S> extends readonly [...Unsized<R>, ...Shape]
    ? Unsized<S>
    : Unsized<R>;

/** [N, C, H, W] after windows over H and W: the channels stay, or are those of filters [O, ...]. */
export type Windowed<S extends Shape, Filters extends Shape = [S[1]]> = number extends S['length']
  ? [number, LeadOf<Filters>, number, number]
  : [S[0], LeadOf<Filters>, number, number];
type LeadOf<S extends Shape> = S extends readonly [infer X extends number, ...Shape] ? X : number;

/** How many integers lie in [0, N), where the literal says so. */
export type Counted<N extends number> = `${N}` extends `${string}${'-' | '.' | 'e'}${string}` ? number : N;
