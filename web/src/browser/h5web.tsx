import { App, H5GroveProvider, type Fetcher, type GetExportURL } from '@h5web/app';
import '@h5web/app/styles.css';
import { createRoot } from 'react-dom/client';

export interface MountedBrowser {
  /** Reads anew what is shown. @param reads another number each time */
  reload(reads: number): void;
  unmount(): void;
}

type FetchPart = (
  url: string,
  params: Record<string, string>,
  signal: AbortSignal | undefined,
) => Promise<ArrayBuffer>;

/** The file of a scan, and how to ask for it. */
export interface ShownFile {
  readonly scan: string;
  /** The object that is selected first. */
  readonly path: string;
  /** Of `/h5`, absolute. */
  readonly url: string;
  readonly fetchPart: FetchPart;
}

/** Shows a file in h5web. This module is large and is loaded when it is wanted. */
export function mountBrowser(place: HTMLElement, shown: ShownFile): MountedBrowser {
  const { scan, path, url, fetchPart } = shown;
  const root = createRoot(place);
  const fetcher: Fetcher = (address, params, options) => fetchPart(address, params, options?.abortSignal);
  const getExportURL = exporter(shown);
  const show = (reads: number): void => {
    root.render(
      <H5GroveProvider
        url={url}
        filepath={scan}
        fetcher={fetcher}
        getExportURL={getExportURL}
        resetKeys={[reads]}
      >
        <App initialPath={path} />
      </H5GroveProvider>,
    );
  };
  show(0);
  return {
    reload: show,
    unmount: () => {
      root.unmount();
    },
  };
}

/** Files that a person takes away come with the token too. What the browser makes by itself is left to it. */
function exporter({ scan, url, fetchPart }: ShownFile): GetExportURL {
  return (format, dataset, selection) => {
    if (format !== 'npy') return undefined;
    const params = { file: scan, path: dataset.path, format, ...(selection && { selection }) };
    return async () => new Blob([await fetchPart(`${url}/data`, params, undefined)]);
  };
}
