import type { H5Module } from './module.js';

type Metadata = Omit<ReturnType<H5Module['get_dataset_metadata']>, 'shape' | 'maxshape' | 'chunks'>;

/** A type of HDF5 as h5grove describes it: `class` is H5T_class_t, the rest follows H5T_order_t, H5T_sign_t, H5T_str_t. */
export type GroveType =
  | {
      readonly class: typeof INTEGER;
      readonly size: number;
      readonly order: number;
      readonly sign: number;
    }
  | { readonly class: typeof FLOAT; readonly size: number; readonly order: number }
  | {
      readonly class: typeof STRING;
      readonly size: number;
      readonly cset: number;
      readonly strPad: number;
      readonly vlen: boolean;
    }
  | {
      readonly class: typeof COMPOUND;
      readonly size: number;
      readonly members: readonly ({ readonly name: string } & GroveType)[];
    }
  | {
      readonly class: typeof ENUM;
      readonly base: GroveType;
      readonly members: Readonly<Record<string, number>>;
    }
  /** Told as something that cannot be shown. */
  | { readonly class: typeof UNKNOWN };

const INTEGER = 0;
const FLOAT = 1;
const STRING = 3;
const COMPOUND = 6;
const ENUM = 8;
const UNKNOWN = -1;

export function groveTypeOf(metadata: Metadata): GroveType {
  const { type, size, signed, littleEndian, cset = 0, strpad = 0, vlen } = metadata;
  const order = littleEndian ? 0 : 1;
  const sign = signed ? 1 : 0;
  switch (type) {
    case INTEGER:
      return { class: INTEGER, size, order, sign };
    case FLOAT:
      return { class: FLOAT, size, order };
    case STRING:
      return { class: STRING, size, cset, strPad: strpad, vlen };
    case COMPOUND: {
      const members = metadata.compound_type?.members ?? [];
      return {
        class: COMPOUND,
        size,
        members: members.map((member) => ({ name: member.name, ...groveTypeOf(member) })),
      };
    }
    case ENUM:
      return {
        class: ENUM,
        base: { class: INTEGER, size, order, sign },
        members: metadata.enum_type?.members ?? {},
      };
    default:
      return { class: UNKNOWN };
  }
}
