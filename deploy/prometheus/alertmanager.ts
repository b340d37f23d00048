import type { Yaml } from './yaml.ts';

/** Who is told of alerts; each by what it needs. */
export interface Receivers {
  /** The API's `/api/v1/alerts`, with the file of the secret that it is called with */
  readonly api: { readonly url: string; readonly secretFile?: string | undefined };
  /** The file has the address of an incoming webhook of Slack's */
  readonly slack?: { readonly urlFile: string } | undefined;
  readonly mail?:
    | {
        readonly to: string;
        readonly from: string;
        readonly smarthost: string;
        readonly username?: string | undefined;
        readonly passwordFile?: string | undefined;
      }
    | undefined;
  /** Another webhook, in Alertmanager's own format */
  readonly webhook?: { readonly url: string } | undefined;
}

/**
 * The configuration of Alertmanager: the API is told of everything, since an alert may start a workflow; people of what is critical at once and of the rest
 * in the hour, by whichever ways there are. While a service is down nobody is told what follows from it.
 */
export function alertmanagerConfig(receivers: Receivers): Yaml {
  return {
    route: {
      receiver: 'people',
      group_by: ['alertname', 'service'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: '12h',
      routes: [
        { receiver: 'api', continue: true, group_wait: '5s', group_interval: '1m', repeat_interval: '4h' },
        { receiver: 'people', matchers: ['severity="critical"'], group_wait: '10s', repeat_interval: '1h' },
      ],
    },
    inhibit_rules: [
      { source_matchers: ['alertname="ServiceDown"'], target_matchers: ['alertname!="ServiceDown"'], equal: ['service'] },
      { source_matchers: ['alertname="DiskFull"'], target_matchers: ['alertname="DiskFills"'], equal: ['job'] },
    ],
    receivers: [
      { name: 'api', webhook_configs: [ofApi(receivers.api)] },
      { name: 'people', ...people(receivers) },
    ],
  };
}

const withSecret = (secretFile: string | undefined): { readonly [key: string]: Yaml } =>
  secretFile === undefined ? {} : { http_config: { authorization: { credentials_file: secretFile } } };

const ofApi = ({ url, secretFile }: Receivers['api']): Yaml => ({ url, send_resolved: true, max_alerts: 100, ...withSecret(secretFile) });

function people({ slack, mail, webhook }: Receivers): { readonly [key: string]: Yaml } {
  const text = '{{ range .Alerts }}{{ .Annotations.summary }} ({{ .Labels.severity }}; {{ .Annotations.runbook_url }})\n{{ end }}';
  return {
    ...(slack && { slack_configs: [{ api_url_file: slack.urlFile, send_resolved: true, title: '{{ .CommonLabels.alertname }}', text }] }),
    ...(mail && {
      email_configs: [
        {
          ...{ to: mail.to, from: mail.from, smarthost: mail.smarthost, send_resolved: true },
          ...(mail.username !== undefined && { auth_username: mail.username }),
          ...(mail.passwordFile !== undefined && { auth_password_file: mail.passwordFile }),
        },
      ],
    }),
    ...(webhook && { webhook_configs: [{ url: webhook.url, send_resolved: true }] }),
  };
}
