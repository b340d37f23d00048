-- What artifacts were when they were uploaded, so that whoever reads one can hold it against its digest.
create table artifact_digests (
  path text collate "C" primary key, -- below artifacts/ in the blob store
  version text not null, -- of the blob that it is the digest of
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  uploaded_by text not null,
  uploaded_at timestamptz not null default now()
);
