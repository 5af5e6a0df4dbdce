/**
 * Python pickles as inert data. From outside: `unpickle`, then `toInfo` for metadata, `toPointData` for channel data
 * and `toPointType` for a `dtype` field; the classes are for who looks at values himself.
 */
export { unpickle } from './unpickle.js';
export { toInfo } from './toInfo.js';
export { toPointData, toPointType, type PointData } from './toPoints.js';
export { UnpickleError, type UnpickleErrorCode } from './errors.js';
export { DEFAULT_LIMITS, type UnpickleLimits } from './limits.js';
export * from './python.js';
export { NdArray } from './numpyArray.js';
export { NumpyDtype, type NumpyField, type NumpyKind, type TimeUnit } from './numpyDtype.js';
