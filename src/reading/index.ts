/** Any HDF5 file as a tree of objects that is read as it is asked, links into other files and all; knows no NeXus rules. */
export { clauseOf } from './clause.js';
export { openFiles, openView, type OpenedFiles } from './openView.js';
export { answerQuestions } from './thread/answerQuestions.js';
export { WatchedThread } from './thread/watchedThread.js';
export * from './view.js';
