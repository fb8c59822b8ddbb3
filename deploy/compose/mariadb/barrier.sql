-- The barrier's table, as DTM's libraries of every language expect it.
create database if not exists dtm_barrier;
create table if not exists dtm_barrier.barrier (
  id bigint primary key auto_increment,
  trans_type varchar(45) default '',
  gid varchar(128) default '',
  branch_id varchar(128) default '',
  op varchar(45) default '',
  barrier_id varchar(45) default '',
  reason varchar(45) default '',
  create_time datetime default now(),
  update_time datetime default now(),
  unique key (gid, branch_id, op, barrier_id)
);
