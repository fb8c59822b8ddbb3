-- What the services of the sign-up keep, in a database of each scene's own.
create table users (
  id bigint primary key,
  name varchar(64) not null,
  instance varchar(64) not null comment 'which instance of the service inserted it',
  unique key (name)
);
create table tags (
  user_id bigint not null,
  tag varchar(64) not null,
  primary key (user_id, tag)
);
create table calls (
  id bigint primary key auto_increment,
  gid varchar(128) not null,
  method varchar(64) not null,
  key (gid)
) comment 'every branch call that reached a service, whatever came of it';
