import { answerQuestions } from '../../reading/index.js';
import { checkFile } from '../check.js';

answerQuestions((file: string, { beat }) => checkFile(file, beat));
