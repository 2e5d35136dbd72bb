// The Go driver: the usual life of an application.
package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/go-sql-driver/mysql"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func mustBe(claim bool, text string) {
	if !claim {
		must(errors.New("not so: " + text))
	}
}

func isError(err error, number uint16) bool {
	var server *mysql.MySQLError
	return errors.As(err, &server) && server.Number == number
}

func useEverything(db *sql.DB) {
	_, err := db.Exec("DROP TABLE IF EXISTS driver_go")
	must(err)
	_, err = db.Exec("CREATE TABLE driver_go (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(20), c TINYINT)")
	must(err)
	inserted, err := db.Exec("INSERT INTO driver_go (b) VALUES (?), (?)", "one", "two") // a prepared statement
	must(err)
	rows, _ := inserted.RowsAffected()
	first, _ := inserted.LastInsertId()
	mustBe(rows == 2 && first == 1, "two rows, first id 1")

	tx, err := db.Begin()
	must(err)
	var name string
	must(tx.QueryRow("SELECT b FROM driver_go WHERE a = ?", 2).Scan(&name))
	mustBe(name == "two", "the second row is two")
	_, err = tx.Exec("DELETE FROM driver_go")
	must(err)
	must(tx.Rollback())

	_, err = db.Query("SELECT * FROM no_such_table")
	mustBe(isError(err, 1146), "a missing table is 1146")
	useWarnings(db)
	_, err = db.Exec("DROP TABLE driver_go")
	must(err)
}

func useWarnings(db *sql.DB) {
	tx, err := db.Begin()
	must(err)
	_, err = tx.Exec("SET sql_mode = ''")
	must(err)
	_, err = tx.Exec("INSERT INTO driver_go (c) VALUES (1000)")
	must(err)
	var level, message string
	var code int
	must(tx.QueryRow("SHOW WARNINGS").Scan(&level, &code, &message))
	mustBe(code == 1264, "a value out of range is 1264")
	must(tx.Rollback())
}

func useTogether(db *sql.DB) {
	var all sync.WaitGroup
	for i := 0; i < 64; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			var sum int
			must(db.QueryRow("SELECT ? + 1", i).Scan(&sum))
			mustBe(sum == i+1, "everyone gets an answer of their own")
		}(i)
	}
	all.Wait()
}

func main() {
	host, port, user, password := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	address := fmt.Sprintf("@tcp(%s:%s)/test?allowCleartextPasswords=false", host, port)
	db, err := sql.Open("mysql", user+":"+password+address)
	must(err)
	db.SetMaxOpenConns(8)
	useEverything(db)
	useTogether(db)
	must(db.Close())

	wrong, err := sql.Open("mysql", user+":wrong"+address)
	must(err)
	mustBe(isError(wrong.Ping(), 1045), "a wrong password is 1045")
	fmt.Println("ok")
}
