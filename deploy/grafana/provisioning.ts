import { yamlFile, type Yaml } from '../prometheus/yaml.ts';

/** Where Grafana is to look. */
export interface Sources {
  /** Address of Prometheus */
  readonly prometheus: string;
  /** Folder that the dashboards lie in */
  readonly dashboards: string;
}

const sourceConfig = ({ prometheus }: Sources): Yaml => ({
  apiVersion: 1,
  datasources: [
    {
      ...{ name: 'Prometheus', uid: 'prometheus', type: 'prometheus', access: 'proxy', url: prometheus, isDefault: true, editable: false },
      // As often as deploy/prometheus/scrape.ts has it asked: what Grafana makes the width of a rate from
      jsonData: { httpMethod: 'POST', timeInterval: '5s' },
    },
  ],
});

const folderConfig = ({ dashboards }: Sources): Yaml => ({
  apiVersion: 1,
  providers: [
    {
      ...{ name: 'movie-mlops', folder: 'movie-mlops', folderUid: 'movie-mlops', type: 'file', allowUiUpdates: false },
      options: { path: dashboards },
    },
  ],
});

/** What Grafana reads at its start, by the names of the files below its folder `provisioning`. */
export const provisioningFiles = (head: readonly string[], sources: Sources): Readonly<Record<string, string>> => ({
  'datasources/prometheus.yml': yamlFile(head, sourceConfig(sources)),
  'dashboards/movie-mlops.yml': yamlFile(head, folderConfig(sources)),
});
