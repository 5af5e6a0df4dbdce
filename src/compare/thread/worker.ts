import { answerQuestions } from '../../reading/index.js';
import { compareTrees } from '../compareTrees.js';
import type { Question } from './messages.js';

answerQuestions(({ A, B }: Question, watch) => compareTrees(A, B, watch));
