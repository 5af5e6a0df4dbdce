export interface Task<Question> {
  readonly question: Question;
  /** Memory that both see, an int32 that grows as long as the reading goes on. */
  readonly beats: SharedArrayBuffer;
}

export type Report<Answer> =
  { readonly answer: Answer } | { readonly failure: string } | { readonly progress: string };
