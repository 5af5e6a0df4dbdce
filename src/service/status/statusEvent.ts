/** What happens to a service, for whoever follows it. */
export type StatusEventType =
  | 'ready'
  | 'draining'
  | 'sessionFollowed'
  | 'sessionLeft'
  | 'connectionLost'
  | 'connectionBack'
  | 'scanFound'
  | 'scanStarted'
  | 'scanProgress'
  | 'scanWaits'
  | 'scanGoesOn'
  | 'scanStopped'
  | 'scanEnded'
  | 'scanRefused'
  | 'trimRisk'
  | 'trimSafe'
  | 'diskFills'
  | 'diskSilent'
  | 'diskAnswers'
  | 'warning';

export interface StatusEvent {
  readonly type: StatusEventType;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The scan concerned, if it is one. */
  readonly dbName: string | undefined;
  /** What belongs to it, as plain JSON. */
  readonly detail: Readonly<Record<string, unknown>>;
}
