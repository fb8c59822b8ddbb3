-- What the two services keep, each in a database of its own. The barrier's table, dtm_barrier.barrier, is the one of
-- deploy/compose/mariadb/barrier.sql: one for all services of a database server, whatever language they are written in.
create database signup_user character set utf8mb4;
create table signup_user.users (
  id bigint primary key,
  name varchar(64) not null,
  unique key (name)
);
create database signup_tag character set utf8mb4;
create table signup_tag.tags (
  user_id bigint not null,
  tag varchar(64) not null,
  primary key (user_id, tag)
);
