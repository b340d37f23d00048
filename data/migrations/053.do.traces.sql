-- Where in a trace (W3C trace context: traceparent, tracestate) something was handed over; null where nobody traced it.
alter table outbox add column trace jsonb;
alter table drift_alerts add column trace jsonb;
