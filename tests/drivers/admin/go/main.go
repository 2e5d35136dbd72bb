// The Go driver on the admin port: statements with arguments are prepared statements.
package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/go-sql-driver/mysql"
)

const text = `it's a \ and a "quote"`

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

func configure(db *sql.DB) {
	inserted, err := db.Exec("INSERT INTO mysql_servers(hostgroup_id, hostname, weight, comment) VALUES (?, ?, ?, ?)",
		7703, "driver.go", int64(5), text)
	must(err)
	rows, _ := inserted.RowsAffected()
	mustBe(rows == 1, "one row inserted")
	var port, weight int
	var comment string
	var nothing sql.NullString
	must(db.QueryRow("SELECT port, weight, comment, ? FROM mysql_servers WHERE hostgroup_id = ?", nil, 7703).
		Scan(&port, &weight, &comment, &nothing))
	mustBe(port == 3306 && weight == 5 && comment == text && !nothing.Valid, "what was put in comes out")
	_, err = db.Exec("LOAD MYSQL SERVERS TO RUNTIME")
	must(err)
	tx, err := db.Begin()
	must(err)
	_, err = tx.Exec("DELETE FROM mysql_servers WHERE hostgroup_id = ?", 7703)
	must(err)
	must(tx.Commit())
	_, err = db.Exec("LOAD MYSQL SERVERS TO RUNTIME")
	must(err)
	_, err = db.Query("SELECT * FROM no_such_table")
	mustBe(isError(err, 1146), "a missing table is 1146")
	_, err = db.Prepare("SELECT * FROM no_such_table")
	mustBe(isError(err, 1146), "a missing table is 1146 when it is prepared")
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
	address := fmt.Sprintf("@tcp(%s:%s)/main", host, port)
	for _, options := range []string{"", "?interpolateParams=true"} {
		db, err := sql.Open("mysql", user+":"+password+address+options)
		must(err)
		db.SetMaxOpenConns(8)
		configure(db)
		useTogether(db)
		must(db.Close())
	}
	wrong, err := sql.Open("mysql", user+":wrong"+address)
	must(err)
	mustBe(isError(wrong.Ping(), 1045), "a wrong password is 1045")
	fmt.Println("ok")
}
