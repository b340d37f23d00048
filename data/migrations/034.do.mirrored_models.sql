-- Models are mirrored too, and what is deleted here is deleted there. A number that a deleted model gave is given again, so that a version is known by its run as well.
alter table registry_mirrored drop constraint registry_mirrored_kind_check, add check (kind in ('run', 'model', 'version'));
update registry_mirrored m set id = m.id || '@' || coalesce(v.registry_run_id, '') from model_versions v
where m.kind = 'version' and m.id = v.name || '/' || v.version;
