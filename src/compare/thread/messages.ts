export interface Question {
  readonly A: string;
  readonly B: string;
}
