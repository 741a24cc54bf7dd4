import asyncio

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.real import FreshDatabase, OwnKafka, OwnPostgres, new_topic


async def test_a_message_comes_back_from_the_real_kafka(kafka: str) -> None:
    topic = await new_topic(kafka)
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=topic) as producer, producer.transaction():
        await producer.send_and_wait(topic, b"first", key=b"key")
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest", isolation_level="read_committed"
    ) as consumer:
        message = await consumer.getone()
    assert (message.key, message.value) == (b"key", b"first")


async def test_a_killed_kafka_comes_back_with_its_messages(own_kafka: OwnKafka) -> None:
    topic = await new_topic(own_kafka.bootstrap)
    async with AIOKafkaProducer(bootstrap_servers=own_kafka.bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, b"kept")
    own_kafka.kill()
    async with AIOKafkaConsumer(topic, bootstrap_servers=own_kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        assert (await consumer.getone()).value == b"kept"


async def test_what_was_committed_just_before_kafka_was_killed_is_read(own_kafka: OwnKafka) -> None:
    """Kafka 4.4.0 left such a transaction open for ever after 5 of 8 kills, and its partition could not be read on."""
    topic = await new_topic(own_kafka.bootstrap)
    for kills in range(1, 6):
        async with AIOKafkaProducer(bootstrap_servers=own_kafka.bootstrap, transactional_id=topic) as producer:
            async with producer.transaction():
                await producer.send(topic, b"committed")
            own_kafka.kill()
        async with AIOKafkaConsumer(
            topic, bootstrap_servers=own_kafka.bootstrap, auto_offset_reset="earliest", isolation_level="read_committed"
        ) as consumer:
            async with asyncio.timeout(30):
                for _ in range(kills):
                    await consumer.getone()


async def test_a_role_cannot_read_the_schema_of_another(postgres: FreshDatabase) -> None:
    catalogue = postgres("catalogue")
    insights = postgres("insights", database=catalogue)
    owner = await asyncpg.connect(catalogue)
    stranger = await asyncpg.connect(insights)
    try:
        await owner.execute("CREATE TABLE secret (value text)")
        assert await owner.fetchval("SELECT schemaname FROM pg_tables WHERE tablename = 'secret'") == "catalogue"
        for statement in (
            "SELECT * FROM catalogue.secret",
            "CREATE TABLE catalogue.other (value text)",
            "CREATE TABLE public.other (value text)",
            "CREATE SCHEMA other",
            "SET ROLE catalogue",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await stranger.execute(statement)
    finally:
        await owner.close()
        await stranger.close()


async def test_every_call_gives_an_empty_database(postgres: FreshDatabase) -> None:
    first, second = postgres(), postgres()
    assert first != second
    connection = await asyncpg.connect(second)
    try:
        assert await connection.fetch("SELECT 1 FROM pg_tables WHERE schemaname = 'oncordia_test'") == []
    finally:
        await connection.close()


async def test_a_wrong_password_is_refused(postgres: FreshDatabase) -> None:
    url = postgres("catalogue")
    wrong = url.replace(url.split(":")[2].split("@")[0], "wrong")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


async def test_a_killed_postgres_comes_back_with_what_was_committed(own_postgres: OwnPostgres) -> None:
    url = own_postgres.fresh("catalogue")
    before = await asyncpg.connect(url)
    assert await before.fetchval("SHOW fsync") == "on"
    await before.execute("CREATE TABLE kept AS SELECT 1 AS value")
    own_postgres.kill()
    after = await asyncpg.connect(url)
    try:
        assert await after.fetchval("SELECT value FROM kept") == 1
    finally:
        await after.close()
        before.terminate()


async def test_a_paused_server_is_away_until_it_is_resumed(own_postgres: OwnPostgres) -> None:
    url = own_postgres.fresh("catalogue")
    own_postgres.pause()
    with pytest.raises(OSError):
        await asyncpg.connect(url)
    own_postgres.resume()
    await (await asyncpg.connect(url)).close()
