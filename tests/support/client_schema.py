"""Every table and column that the client's database document names; none of them may get lost."""

CLIENT_SCHEMA: dict[str, str] = {
    "libraries": "id name path type enabled last_scan_at created_at updated_at",
    "media_player_groups": "id name type created_at",
    "media_players": "id group_id name host port username password api_key enabled last_ping_at created_at",
    "path_mappings": "id media_player_group_id metarr_path player_path created_at",
    "movies": """
        id library_id file_path file_name file_size file_hash tmdb_id imdb_id title original_title
        sort_title tagline plot outline runtime year release_date content_rating tmdb_rating tmdb_votes
        imdb_rating imdb_votes poster_id fanart_id logo_id clearart_id banner_id thumb_id discart_id
        title_locked plot_locked poster_locked fanart_locked logo_locked clearart_locked banner_locked
        thumb_locked discart_locked identification_status enrichment_priority deleted_at created_at
        updated_at
    """,
    "movie_collections": "id tmdb_collection_id name plot poster_id fanart_id created_at",
    "movie_collection_members": "movie_id collection_id sort_order",
    "series": """
        id library_id directory_path tvdb_id tmdb_id imdb_id title original_title sort_title plot outline
        status premiered studio content_rating tvdb_rating tvdb_votes tmdb_rating tmdb_votes poster_id
        fanart_id banner_id logo_id clearart_id thumb_id title_locked plot_locked poster_locked
        fanart_locked banner_locked logo_locked clearart_locked thumb_locked identification_status
        enrichment_priority deleted_at created_at updated_at
    """,
    "seasons": """
        id series_id season_number title plot premiered poster_id fanart_id banner_id thumb_id poster_locked
        fanart_locked banner_locked thumb_locked created_at updated_at
    """,
    "episodes": """
        id series_id season_id file_path file_name file_size file_hash episode_number absolute_number
        tvdb_id tmdb_id imdb_id title plot aired runtime tvdb_rating tvdb_votes thumb_id title_locked
        plot_locked thumb_locked deleted_at created_at updated_at
    """,
    "artists": """
        id library_id directory_path musicbrainz_id name sort_name biography formed disbanded thumb_id
        fanart_id banner_id logo_id biography_locked thumb_locked fanart_locked banner_locked logo_locked
        identification_status enrichment_priority deleted_at created_at updated_at
    """,
    "albums": """
        id artist_id directory_path musicbrainz_id title sort_title year release_date album_type description
        label rating votes thumb_id title_locked description_locked thumb_locked deleted_at created_at
        updated_at
    """,
    "tracks": """
        id album_id file_path file_name file_size file_hash musicbrainz_id title track_number disc_number
        duration deleted_at created_at updated_at
    """,
    "cache_assets": """
        id content_hash file_path file_size mime_type width height perceptual_hash source_type source_url
        provider_name reference_count created_at last_accessed_at
    """,
    "asset_references": "id cache_asset_id entity_type entity_id asset_type created_at",
    "trailers": "id cache_asset_id entity_type entity_id title duration quality locked created_at",
    "video_streams": """
        id entity_type entity_id stream_index codec width height aspect_ratio framerate bitrate hdr_type
        created_at
    """,
    "audio_streams": """
        id entity_type entity_id stream_index codec language channels bitrate title default_stream
        created_at
    """,
    "subtitle_streams": """
        id entity_type entity_id stream_index cache_asset_id language title format forced default_stream
        created_at
    """,
    "actors": "id name tmdb_id imdb_id thumb_id created_at",
    "movie_actors": "movie_id actor_id role sort_order",
    "episode_actors": "episode_id actor_id role sort_order",
    "crew": "id name tmdb_id imdb_id thumb_id created_at",
    "movie_crew": "movie_id crew_id role sort_order",
    "episode_crew": "episode_id crew_id role sort_order",
    "genres": "id name media_type",
    "movie_genres": "movie_id genre_id",
    "series_genres": "series_id genre_id",
    "music_genres": "artist_id genre_id",
    "studios": "id name",
    "movie_studios": "movie_id studio_id",
    "series_studios": "series_id studio_id",
    "job_queue": """
        id job_type priority status payload result error_message retry_count max_retries next_retry_at
        started_at completed_at worker_id created_at updated_at
    """,
    "job_dependencies": "id job_id depends_on_job_id created_at",
    "playback_state": """
        id media_player_id entity_type entity_id file_path position_seconds total_seconds
        position_percentage paused speed captured_at restored_at
    """,
    "webhook_events": "id source event_type payload processed job_id created_at processed_at",
    "provider_config": "id provider_name enabled api_key rate_limit_per_second priority created_at updated_at",
    "app_settings": "key value updated_at",
    "schema_migrations": "id version name applied_at",
}
"""Table → its columns, separated by blanks."""
