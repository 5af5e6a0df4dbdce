/** A small, synchronous layer over HDF5 that never loses an error. Runs in the HDF5 threads; see `loadHdf5`. */
export type { AttributeContent } from './attributes.js';
export type { Hdf5Browser, Sight } from './browser.js';
export { Hdf5Error, PointTypeError } from './errors.js';
export type { Hdf5File } from './file.js';
export type { GroveAnswer, GroveRequest } from './grove.js';
export { loadHdf5, type Hdf5Library } from './library.js';
export { hdf5Versions, type Hdf5Versions } from './versions.js';
export { storedText } from './text.js';
export type { Link, ObjectKind } from './reader.js';
export type { Stored, ValueKind } from './storedType.js';
