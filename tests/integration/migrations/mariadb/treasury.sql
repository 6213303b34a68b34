-- A finance department's database, with one of everything that is moved.
CREATE DATABASE treasury CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER clerk@'%' IDENTIFIED BY 'clerks-own';
CREATE USER auditor@'127.0.0.1' IDENTIFIED BY 'auditors-own';
CREATE USER '预算'@'%' IDENTIFIED BY 'budgets-own';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON treasury.* TO clerk@'%';
USE treasury;
CREATE TABLE account (
  id int AUTO_INCREMENT PRIMARY KEY, name varchar(60) NOT NULL, opened date, balance decimal(18,2) NOT NULL DEFAULT 0,
  rate float, share double, state enum('开','关',''), flags set('a','b',''), bits bit(5), code char(6), raw varbinary(40), photo mediumblob,
  note text CHARACTER SET gbk, latin varchar(20) CHARACTER SET latin1, doc json, at timestamp(6) NOT NULL DEFAULT current_timestamp(6),
  moment datetime(3), clock time(2), born year, place point, net inet6, doubled decimal(20,2) AS (balance * 2) PERSISTENT,
  shown varchar(80) AS (concat(name, '!')) VIRTUAL, UNIQUE (code), KEY (name(10)), CHECK (balance > -1000000)) AUTO_INCREMENT = 1000 COMMENT='账户';
CREATE TABLE entry (
  id bigint AUTO_INCREMENT PRIMARY KEY, account int NOT NULL, amount decimal(12,2), FOREIGN KEY (account) REFERENCES account (id) ON DELETE CASCADE);
CREATE TABLE keyless (a int, b varchar(20), c double);
CREATE TABLE `Liste 名 ``x``.y` (id int PRIMARY KEY, `Größe "1"` text);
CREATE TABLE old_style (id int PRIMARY KEY, what varchar(30)) ENGINE=MyISAM;
CREATE TABLE ledger (writer int, number int, PRIMARY KEY (writer, number));
CREATE TABLE balance (writer int PRIMARY KEY, total bigint NOT NULL);
CREATE TABLE journal (writer int, number int, total int);
INSERT INTO balance VALUES (0,0),(1,0),(2,0),(3,0);
CREATE SEQUENCE ticket START 100 INCREMENT 7;
SELECT NEXTVAL(ticket), NEXTVAL(ticket);
SET SESSION sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO account (name, opened, balance, rate, share, state, flags, bits, code, raw, photo, note, latin, doc, moment, clock, born, place, net) VALUES
 ('张三', '2020-02-31', 12.50, 0.1, 0.1, '开', 'a,b', b'10101', 'ab', x'00FF0A09', repeat(x'00010A0D', 4000), '公告', 'é', '{"a": 1}', '0000-00-00 00:00:00', '-12:34:56.78', 2012, POINT(1,2), '::1'),
 ('tab\tline\nback\\slash', '0000-00-00', -0.00, 16777217, -0e0, '', '', b'0', '居', '', '', '', '', '[]', '2012-01-01 10:00:00.123', '00:00:00', 0, NULL, NULL),
 ('NULL', NULL, 0, NULL, 1e308, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('\\N', '2012-12-31', 1, 3.4028234e38, 4.9e-324, 'nothing of these', 'b', b'11111', 'z ', x'20', x'', '  ', ' ', 'null', NULL, NULL, 1999, POINT(0,0), '10.1.2.3');
INSERT INTO account (name, note) VALUES ('private', CONVERT(x'AAA1' USING gbk));
UPDATE account SET note = CONVERT(CAST(x'AAA1FE50' AS BINARY) USING gbk) WHERE name = 'private';
INSERT INTO entry (account, amount) SELECT id, id FROM account;
INSERT INTO keyless VALUES (1,'x',0.5),(1,'x',0.5),(NULL,NULL,NULL),(2,'',-0e0);
INSERT INTO `Liste 名 ``x``.y` VALUES (1, 'größer'), (2, NULL);
INSERT INTO old_style VALUES (1, 'one');
DELETE FROM entry WHERE account = 1001;
CREATE DEFINER=clerk@'%' SQL SECURITY DEFINER VIEW rich AS SELECT name, balance FROM account WHERE balance > 10;
GRANT SELECT ON treasury.rich TO auditor@'127.0.0.1';
GRANT SELECT (name), UPDATE (name) ON treasury.account TO auditor@'127.0.0.1';
GRANT SELECT ON treasury.* TO '预算'@'%';
DELIMITER //
CREATE DEFINER='预算'@'%' PROCEDURE total(OUT found decimal(18,2)) COMMENT '合计' BEGIN SELECT sum(balance) INTO found FROM account; END//
CREATE FUNCTION twice(x int) RETURNS int DETERMINISTIC RETURN x * 2//
CREATE TRIGGER entry_in AFTER INSERT ON entry FOR EACH ROW BEGIN UPDATE account SET balance = balance + NEW.amount WHERE id = NEW.account; END//
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM keyless WHERE a = 77//
DELIMITER ;
GRANT EXECUTE ON PROCEDURE treasury.total TO auditor@'127.0.0.1';
