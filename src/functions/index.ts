/** The entry of the bundle: each import registers. */
import './start';
import './ingestPostgres';
import './ingestMongo';
import './capturePostgres';
import './captureMongo';
import './weeklyMaintenance';
import './dailyCompleteness';
import './status';
