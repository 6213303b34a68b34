CREATE TABLE entry (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    mark varchar(200) NOT NULL DEFAULT '',
    title varchar(200) NOT NULL,
    attachment varchar(200) NOT NULL DEFAULT '',
    kind enum('拨款', '退款') NOT NULL DEFAULT '拨款',
    amount decimal(18, 2) NOT NULL DEFAULT 0,
    written timestamp NOT NULL DEFAULT current_timestamp(),
    KEY entry_written (written)
) CHARACTER SET utf8mb4;
CREATE TABLE total (kind varchar(10) PRIMARY KEY, number bigint NOT NULL) CHARACTER SET utf8mb4;
INSERT INTO entry (title, amount, written)
    SELECT concat('支付 ', seq, ' ', md5(seq)), seq / 100, now() - INTERVAL seq MINUTE FROM seq_1_to_20000;
INSERT INTO total SELECT kind, count(*) FROM entry GROUP BY kind;
CREATE TRIGGER entry_counted AFTER INSERT ON entry FOR EACH ROW
    UPDATE total SET number = number + 1 WHERE kind = NEW.kind;
CREATE VIEW latest AS SELECT id, title, amount FROM entry ORDER BY id DESC LIMIT 20;
CREATE PROCEDURE count_anew() REPLACE INTO total SELECT kind, count(*) FROM entry GROUP BY kind;
CREATE EVENT counted_anew ON SCHEDULE EVERY 1 DAY DO CALL count_anew();
